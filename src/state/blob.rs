//! How Horde writes what it keeps: typed values to the bytes of its columns and back.
