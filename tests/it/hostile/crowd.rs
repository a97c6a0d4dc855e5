//! A phone that behaves, beside eight clients that do not.
