"""Settings, for administrators: the company, its users, its API tokens, its audit trail."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from zoneinfo import available_timezones

from tornado.web import HTTPError

from apportion.errors import ApportionError, ParameterError
from apportion.results.accounts import AuditEvent, Role
from apportion.server.errors import STRICT_POLICY, status_of
from apportion.server.page_handler import ROLES, PageHandler
from apportion.server.pages import SETTINGS
from apportion.views import theme
from apportion.workspace.accounts import Administration

TABS = (
    ("/settings", "Company"),
    ("/settings/users", "Users"),
    ("/settings/tokens", "API tokens"),
    ("/settings/schedules", "Schedules"),
    ("/settings/alerts", "Alerts"),
    ("/settings/audit", "Audit trail"),
)
EVENTS_PER_PAGE = 50


class SettingsHandler(PageHandler):
    """What the tabs share: who may come, and how a form is carried out."""

    needs = Role.ADMIN
    template: ClassVar[str]

    @property
    def administration(self) -> Administration:
        """The accounts of the member's own tenant."""
        return self.services.accounts.administer(self.member)

    async def get(self) -> None:
        """Write the tab."""
        await self.show()

    async def post(self) -> None:
        """Do what the form says, and show what has come of it."""
        do = self.actions().get(self.field("do"))
        if do is None:
            raise HTTPError(400)
        try:
            outcome = await asyncio.to_thread(do, self.administration)
        except ApportionError as error:
            self.set_status(status_of(error, 500))
            await self.show(problem=str(error))
            return
        kernels: Any = self.kernel_manager
        await kernels.end_unproven(self.services.accounts.still_holds)
        await self.show(**outcome)

    def actions(self) -> Mapping[str, Callable[[Administration], dict[str, str]]]:
        """Give what the forms of this tab can do; each gives what to tell of it."""
        return {}

    def look(self, administration: Administration) -> dict[str, Any]:
        """Give what the tab shows besides."""
        return {}

    async def show(self, **told: str) -> None:
        """Write the tab, with what has just been done."""
        values = await asyncio.to_thread(self.look, self.administration)
        zone = self.member.tenant.timezone
        told = {"problem": "", "done": "", "secret": "", "secret_hint": "", **told}
        self.begin(STRICT_POLICY)
        self.finish(
            self.render_page(
                self.template,
                SETTINGS,
                tabs=TABS,
                tab=self.request.path,
                roles=tuple((role.value, text) for role, text in ROLES.items()),
                moment=lambda instant: theme.moment(instant, zone) if instant else "",
                **told,
                **values,
            )
        )

    def role(self) -> Role:
        """Give the role that the form names."""
        try:
            return Role(self.field("role"))
        except ValueError as error:
            raise ParameterError("A role is viewer, analyst or admin.") from error


class CompanyHandler(SettingsHandler):
    """Name, currency and time zone."""

    template = "settings_company.html.j2"

    def actions(self) -> Mapping[str, Callable[[Administration], dict[str, str]]]:
        """Give the one form of this tab."""
        return {"change": self._change}

    def look(self, administration: Administration) -> dict[str, Any]:
        """Give the tenant as it is now."""
        return {"tenant": administration.tenant, "zones": sorted(available_timezones())}

    def _change(self, administration: Administration) -> dict[str, str]:
        administration.change_tenant(
            name=self.field("name"),
            currency=self.field("currency").upper(),
            timezone=self.field("timezone"),
        )
        return {"done": "Saved."}


class UsersHandler(SettingsHandler):
    """Who may see and do what."""

    template = "settings_users.html.j2"

    def actions(self) -> Mapping[str, Callable[[Administration], dict[str, str]]]:
        """Give the forms of this tab."""
        return {
            "add": self._add,
            "role": self._set_role,
            "reset": self._reset,
            "disable": self._disable,
            "enable": self._enable,
            "remove": self._remove,
        }

    def look(self, administration: Administration) -> dict[str, Any]:
        """Give every user."""
        return {"users": administration.users()}

    def _add(self, administration: Administration) -> dict[str, str]:
        added = administration.add_user(
            self.field("email"),
            self.role(),
            name=self.field("name"),
            has_password=self.field("has_password", "yes") == "yes",
        )
        return _one_time(f"Added {added.user.email}.", added.one_time_password)

    def _set_role(self, administration: Administration) -> dict[str, str]:
        user = administration.set_role(self.field("user"), self.role())
        return {"done": f"{user.email} is {ROLES[user.role].lower()} now, and must sign in again."}

    def _reset(self, administration: Administration) -> dict[str, str]:
        user = administration.user(self.field("user"))
        password = administration.reset_password(user.id)
        return _one_time(f"{user.email} has a new password and is signed out.", password)

    def _disable(self, administration: Administration) -> dict[str, str]:
        return {"done": f"{administration.disable_user(self.field('user')).email} is kept out."}

    def _enable(self, administration: Administration) -> dict[str, str]:
        return {"done": f"{administration.enable_user(self.field('user')).email} is let in again."}

    def _remove(self, administration: Administration) -> dict[str, str]:
        user = administration.user(self.field("user"))
        administration.remove_user(user.id)
        return {"done": f"Removed {user.email}."}


class TokensHandler(SettingsHandler):
    """By which programs the API is used."""

    template = "settings_tokens.html.j2"

    def actions(self) -> Mapping[str, Callable[[Administration], dict[str, str]]]:
        """Give the forms of this tab."""
        return {"create": self._create, "revoke": self._revoke}

    def look(self, administration: Administration) -> dict[str, Any]:
        """Give every token."""
        return {"tokens": administration.tokens()}

    def _create(self, administration: Administration) -> dict[str, str]:
        text = self.field("expires_days")
        if text and not text.isdecimal():
            raise ParameterError(f"A number of days is a whole number; found {text!r}.")
        made = administration.create_token(
            self.field("name"), self.role(), expires_days=int(text) if text else None
        )
        return {
            "done": f"Made the token {made.token.name}.",
            "secret": made.text,
            "secret_hint": "Copy it now: it is not shown again.",
        }

    def _revoke(self, administration: Administration) -> dict[str, str]:
        return {"done": f"Revoked {administration.revoke_token(self.field('token')).name}."}


class AuditHandler(SettingsHandler):
    """Who signed in, and what was changed by whom."""

    template = "settings_audit.html.j2"
    SUPPORTED_METHODS = ("GET",)

    def look(self, administration: Administration) -> dict[str, Any]:
        """Give a page of events."""
        before = self.get_query_argument("before", "") or None
        page = administration.audit(limit=EVENTS_PER_PAGE, before=before)
        return {"audit": page, "is_first": before is None, "told": details_of}


def details_of(event: AuditEvent) -> str:
    """Give what an event says besides, as a sentence has it; zeros and blanks say nothing."""
    parts = (
        f"{re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', name).replace('_', ' ').lower()}: "
        f"{', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in event.details.items()
        if value
    )
    return "; ".join(parts)


def _one_time(done: str, password: str | None) -> dict[str, str]:
    if password is None:
        return {"done": f"{done} They sign in at your identity provider."}
    hint = "Hand this one-time password to them; it is good for 7 days and is not shown again."
    return {"done": done, "secret": password, "secret_hint": hint}
