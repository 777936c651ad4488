"""Identity: who is asking, for which tenant, and what they may do.

:class:`Accounts` is the door. It gives a :class:`Member`, whose tenant was looked up with what they
proved; nothing that a request says can change it.
"""

from apportion.workspace.accounts.accounts import Accounts
from apportion.workspace.accounts.administration import AddedUser, Administration, CreatedToken
from apportion.workspace.accounts.member import Member
from apportion.workspace.accounts.sessions import SignedIn

__all__ = [
    "Accounts",
    "AddedUser",
    "Administration",
    "CreatedToken",
    "Member",
    "SignedIn",
]
