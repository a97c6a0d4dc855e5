"""Writes the user files of Dovecot and Postfix and makes the mail folders: users.py MAIL PASSWD MAILBOXES."""

import os
import sys

FIRST_UID = 20000
USERS = ["admin", "alice", "bob", "carol", "dave"] + [f"user{n}" for n in range(2000)]


def main(mail: str, passwd: str, mailboxes: str) -> None:
    with open(passwd, "w") as users, open(mailboxes, "w") as addresses:
        for number, user in enumerate(USERS):
            uid = FIRST_UID + number
            home = f"{mail}/{user}"
            os.makedirs(home, mode=0o700, exist_ok=True)
            os.chown(home, uid, uid)
            users.write(f"{user}:{{PLAIN}}{user}-pw:{uid}:{uid}::{home}::\n")
            addresses.write(f"{user}@example.test {user}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
