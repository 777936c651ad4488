"""What all pages of members share: the shell, and headers that keep them private."""

from typing import Any

from apportion.results.accounts import Role, Via
from apportion.server.member_handler import MemberHandler, OurHandler
from apportion.server.pages import HOME, Page
from apportion.server.templates import render

ROLES = {Role.VIEWER: "Viewer", Role.ANALYST: "Analyst", Role.ADMIN: "Admin"}


def begin(handler: OurHandler, policy: str) -> None:
    """Set the headers of a page that is nobody else's to see or to keep."""
    handler.set_header("Content-Type", "text/html; charset=utf-8")
    handler.set_header("Content-Security-Policy", policy)
    handler.set_header("Cache-Control", "no-store")
    _ = handler.xsrf_token  # sets the cookie that the page's own requests repeat


class PageHandler(MemberHandler):
    """Answers a member with a page."""

    def begin(self, policy: str) -> None:
        """Set the page's headers."""
        begin(self, policy)

    def render_page(self, name: str, page: Page, **values: Any) -> str:
        """Fill in a template that extends the shell."""
        member = self.member
        return render(
            name,
            page=page,
            pages=(HOME, *self.services.apps),
            member=member,
            role=ROLES[member.role],
            initials=initials(member.name),
            is_admin=member.role is Role.ADMIN,
            is_analyst=member.role.includes(Role.ANALYST),
            has_password=member.via is Via.PASSWORD,
            can_sign_out=not self.services.accounts.uses_proxy,
            can_switch=self.companies > 1,
            xsrf=self.xsrf_token.decode(),
            **values,
        )


def initials(name: str) -> str:
    """Give one or two letters for a name or an e-mail address."""
    words = name.partition("@")[0].replace(".", " ").replace("-", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"
