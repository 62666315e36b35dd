import functools
from datetime import datetime

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.base.days import company_today
from ..models.portal.collection_account_portal_export import EXPORT_LIMIT
from ..tools.amount_input import parse_amount, write_amount
from ..tools.upload import MAX_BYTES, MAX_FILES
from .export import PDF_TYPE, XLSX_TYPE

#: accounts remembered from the list, to go from one to the next
HISTORY_LIMIT = 200


def act_route(path, methods=("POST",)):
    """Route of an act on a customer's page.

    Where the company took the customer back while the form was filled in, the agent
    reads that, and what they wrote reaches the company.
    """

    def decorate(act):
        @http.route(
            f"/my/collection/<int:account_id>/{path}",
            type="http",
            auth="user",
            methods=list(methods),
            website=True,
        )
        @functools.wraps(act)
        def route(self, account_id, *args, **post):
            # files come by a list of their own: under any other name they say nothing
            post = {
                name: value
                for name, value in post.items()
                if not isinstance(value, FileStorage)
            }
            try:
                return act(self, account_id, *args, **post)
            except NotFound:
                page = request.httprequest.method == "POST" and (
                    self._render_collection_taken_back(account_id, post)
                )
                if not page:
                    raise
                return page

        return route

    return decorate


class CollectionPortal(CustomerPortal):
    """Pages of the provider's agents. What they may see and do is decided in the
    models, under their own record rules."""

    _collection_per_page = 30

    # --- Home ---

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "collection_account_count" in counters:
            accounts = request.env["collection.account"]
            # the agent's way in, open to them even while nothing is handed over
            values["collection_account_count"] = (
                max(accounts.search_count([]), 1)
                if accounts._get_provider_agent()
                else 0
            )
        return values

    # --- Helpers ---

    def _get_collection_agent(self):
        """The current user as a provider's agent; no page for anybody else."""
        agent_sudo = request.env["collection.account"]._get_provider_agent()
        if not agent_sudo:
            raise request.not_found()
        # over many customers PostgreSQL would compile statements for longer than it
        # takes to run them
        request.env.cr.execute("SET LOCAL jit = off")
        return agent_sudo

    def _get_collection_account(self, account_id):
        """The account under the user's record rules; not found when not theirs."""
        self._get_collection_agent()
        account = request.env["collection.account"].search([("id", "=", account_id)])
        if not account:
            raise request.not_found()
        return account

    def _get_collection_record(self, model, account, record_id):
        """A record of this account under the user's record rules, else not found."""
        record = request.env[model].search(
            [("id", "=", record_id), ("account_id", "=", account.id)]
        )
        if not record:
            raise request.not_found()
        return record

    def _get_collection_waiting(self, agent_sudo):
        """Hand-overs a supervisor has not acknowledged yet; none for the others."""
        if not agent_sudo.supervisor:
            return 0
        return request.env["collection.placement"].search_count(
            [("state", "=", "handed_over")]
        )

    def _get_collection_team(self, agent_sudo):
        """Colleagues to whom a supervisor may give customers; none for the others."""
        if not agent_sudo.supervisor:
            return []
        mandates = request.env["collection.mandate"]._get_supervised()
        return [
            {"id": colleague.id, "name": colleague.name}
            for colleague in mandates._get_team_sudo()
        ]

    def _get_collection_next_id(self, account_id):
        """Account after this one in the list last looked at, if still delegated."""
        ids = request.session.get("collection_account_ids", [])
        if account_id not in ids:
            return False
        later = ids[ids.index(account_id) + 1 :]
        open_ids = set(
            request.env["collection.account"].search([("id", "in", later)]).ids
        )
        return next((id_ for id_ in later if id_ in open_ids), False)

    def _get_collection_text(self, post, name):
        text = post.get(name)
        return text.strip() if isinstance(text, str) else ""

    def _get_collection_date(self, post, name):
        """A day of a form; False when it is empty."""
        text = self._get_collection_text(post, name)
        if not text:
            return False
        try:
            return datetime.strptime(text, "%Y-%m-%d").date()
        except ValueError as error:
            raise UserError(
                request.env._("%(date)s is not a date.", date=text)
            ) from error

    def _get_collection_amount(self, post, name, currency=None):
        """An amount of a form, as the reader's language writes it; 0 when empty.

        :param currency: of the amount; None: no amount has more than two decimals
        """
        text = self._get_collection_text(post, name)
        if not text:
            return 0.0
        lang = request.env["res.lang"]._get_data(code=request.env.lang)
        point = lang.decimal_point or "."
        decimals = currency.decimal_places if currency else 2
        try:
            return parse_amount(text, point, lang.thousands_sep or "", decimals)
        except ValueError as error:
            raise UserError(
                request.env._(
                    "%(amount)s is not an amount. Write it as %(example)s.",
                    amount=text,
                    example=write_amount(1234.5, decimals, point),
                )
            ) from error

    def _get_collection_files(self):
        """Files of a form: (name, content), no more of it than tells it is too much."""
        return [
            (file.filename, file.read(MAX_BYTES + 1))
            for file in request.httprequest.files.getlist("attachment")[: MAX_FILES + 1]
            # a browser sends a field without a file, too
            if file.filename
        ]

    def _act_with_collection_files(self, account, act):
        """Act, and add the files of the form to what was recorded."""

        def act_and_add():
            record = act()
            account._portal_add_files(record, self._get_collection_files())
            return record

        return act_and_add

    def _read_collection_number(self, text):
        """A number of the database that an address or a form says, None for none."""
        text = (text or "").strip()
        # more digits than a number of the database has find nothing anyway
        if text.isascii() and text.isdecimal() and len(text) < 10:
            return int(text)
        return None

    def _get_collection_id(self, post, name):
        """A record's number of a form; 0 when nothing is chosen."""
        text = self._get_collection_text(post, name)
        number = self._read_collection_number(text)
        if text and number is None:
            raise UserError(request.env._("Choose one of the values offered."))
        return number or 0

    def _get_collection_ids(self, name):
        """Numbers ticked in a form, each once."""
        values = request.httprequest.form.getlist(name)
        ids = [self._get_collection_id({name: value}, name) for value in values]
        return list(dict.fromkeys(id_ for id_ in ids if id_))

    def _get_collection_ticks(self, name):
        """Those of `_get_collection_ids` that are numbers, to tick them again."""
        values = request.httprequest.form.getlist(name)
        return [
            number
            for value in values
            if (number := self._read_collection_number(value))
        ]

    def _prepare_collection_values(self, page_name, agent_sudo):
        """What every page shows: the way to the others, what waits on them."""
        return {
            **self._prepare_portal_layout_values(),
            # the portal says nowhere which language a page is in
            "html_data": {"lang": (request.env.lang or "en_US").replace("_", "-")},
            "page_name": page_name,
            "supervisor": agent_sudo.supervisor,
            "waiting": self._get_collection_waiting(agent_sudo),
            "contracts_waiting": request.env[
                "collection.mandate"
            ]._count_waiting_contracts(),
            "deletions": request.env[
                "collection.deletion.certificate"
            ]._count_by_state(),
            "survey_count": len(
                request.env["collection.team.survey"]._get_waiting_sudo()
            ),
            "collection_list_url": request.session.get(
                "collection_list_url", "/my/collection"
            ),
            "today": company_today(request.env["collection.account"]),
            "saved": self._pop_collection_saved(),
        }

    def _pop_collection_saved(self):
        """The call that was logged on the way to another page, told there once."""
        call_id = request.session.pop("collection_saved_call", None)
        return call_id and request.env["collection.call"]._get_portal_saved(call_id)

    def _render_collection(self, template, values, status=200):
        """A page of personal data, which a recall takes back: no copy is kept."""
        response = request.render(
            f"account_collection.{template}", values, status=status
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @staticmethod
    def _make_collection_file(document, kind, shown="attachment"):
        """A file of personal data to download, of which no copy is kept.

        :param document: (name, content)
        """
        name, content = document
        return request.make_response(
            content,
            [
                ("Content-Type", kind),
                ("Content-Length", str(len(content))),
                ("Content-Disposition", content_disposition(name, shown)),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            ],
        )

    def _make_collection_xlsx(self, document):
        return self._make_collection_file(document, XLSX_TYPE)

    def _make_collection_pdf(self, document, shown="attachment"):
        return self._make_collection_file(document, PDF_TYPE, shown)

    def _render_collection_account(
        self, account, form=None, error=None, post=None, done=None
    ):
        """A customer's page.

        :param form: the form that was refused with `error`, shown again as `post`ed
        :param done: the form that was accepted
        """
        account._record_access("page")
        post = dict(post or {})
        for name in post:
            if name.endswith("item_ids"):
                post[name] = self._get_collection_ticks(name)
        return self._render_collection(
            "portal_collection_account",
            {
                **self._prepare_collection_values(
                    "collection_account", self._get_collection_agent()
                ),
                "collection": account._get_portal_values(),
                "next_id": self._get_collection_next_id(account.id),
                "done": done,
                "state": request.session.pop("collection_mailed", "")
                if done == "mail"
                else account._get_portal_state(done)
                if done
                else "",
                "corrected": done == "amend" and account._is_portal_correction(),
                "form": form,
                "error": error,
                "posted": post,
                # what was typed belongs to the form that was refused
                "kept": lambda name: post if name == form else {},
            },
            status=422 if error else 200,
        )

    def _render_collection_taken_back(self, account_id, post):
        """The page that stands for the one of a customer who is not theirs any more.

        :return: None where the customer was not theirs a moment ago
        """
        texts = {
            name: value
            for name, value in post.items()
            if isinstance(value, str) and value.strip()
        }
        words = request.env["collection.account"]._portal_pass_on(account_id, texts)
        if words is None:
            return None
        return self._render_collection(
            "portal_collection_taken_back",
            {
                **self._prepare_collection_values(
                    "collection_taken_back", self._get_collection_agent()
                ),
                "words": words,
            },
            # for whoever asks again there is nothing here
            status=404,
        )

    def _do_collection_act(self, account, form, post, act, url=None):
        """Act on an account for one of the forms of its page, then show the page.

        All or nothing. What is no longer the agent's is not found; what the models
        refuse is said beside the form, with what was typed.

        :param url: gives where to go after what `act` returned; None: back to the page
        """
        try:
            with request.env.cr.savepoint():
                outcome = act()
        except AccessError as error:
            refusal = account._explain_items_taken_back(
                [
                    item_id
                    for name in post
                    if name.endswith("item_ids")
                    for item_id in self._get_collection_ticks(name)
                ]
            )
            if not refusal:
                raise request.not_found() from error
            return self._render_collection_account(
                account, form=form, error=refusal, post=post
            )
        except UserError as error:
            account._note_refused(error)
            return self._render_collection_account(
                account, form=form, error=str(error), post=post
            )
        return request.redirect(
            url(outcome)
            if url
            else f"/my/collection/{account.id}?done={form}#collection_{form}"
        )

    # --- List ---

    @http.route(
        ["/my/collection", "/my/collection/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_collection(
        self,
        page=1,
        sortby="priority",
        filterby="all",
        search=None,
        nobody=None,
        agent=None,
        calling=None,
        xlsx=None,
        **kw,
    ):
        agent_sudo = self._get_collection_agent()
        account_model = request.env["collection.account"]
        account_model._rank_stale(agent_sudo)
        filters = account_model._get_portal_filters()
        sortings = account_model._get_portal_sortings()
        filterby = filterby if filterby in filters else "all"
        sortby = sortby if sortby in sortings else "priority"
        search = (search or "").strip()
        domain = Domain(filters[filterby]["domain"])
        wanted = self._read_collection_number(agent)
        agent = agent if agent_sudo.supervisor and wanted is not None else None
        if agent:
            # 0: those nobody has
            domain &= Domain("agent_id", "=", wanted or False)
        hits = account_model._portal_look_up(search, domain) if search else {}
        if search:
            domain = Domain("id", "in", list(hits))
        if xlsx:
            return self._make_collection_xlsx(
                account_model.search(
                    domain, order=sortings[sortby]["order"], limit=EXPORT_LIMIT
                )._portal_export(request.env._("Customers to call"))
            )
        totals = account_model._get_portal_totals(domain)
        pager = portal_pager(
            url="/my/collection",
            url_args={
                "sortby": sortby,
                "filterby": filterby,
                "search": search,
                "agent": agent,
                "calling": "1" if calling else None,
            },
            total=sum(total["count"] for total in totals),
            page=self._read_collection_number(str(page)) or 1,
            step=self._collection_per_page,
        )
        offset = max(pager["offset"], 0)
        if search and sortby == "priority":
            # whoever fits best what was looked for stands first
            found = account_model.browse(list(hits)[offset : offset + HISTORY_LIMIT])
        else:
            found = account_model.search(
                domain,
                order=sortings[sortby]["order"],
                limit=HISTORY_LIMIT,
                offset=offset,
            )
        found[: self._collection_per_page]._record_access("list")
        request.session["collection_account_ids"] = found.ids
        request.session["collection_list_url"] = pager["page"]["url"]
        return self._render_collection(
            "portal_my_collection",
            {
                **self._prepare_collection_values("collection", agent_sudo),
                "rows": found[: self._collection_per_page]._get_portal_rows(),
                "totals": totals,
                "several_companies": len(request.env.companies) > 1,
                "pager": pager,
                "filters": filters,
                "filterby": filterby,
                "sortings": sortings,
                "sortby": sortby,
                "search": search,
                "hits": hits,
                "calling": bool(calling),
                "agent": agent,
                "team": self._get_collection_team(agent_sudo),
                "flash": request.session.pop("collection_flash", None),
                "nobody": account_model._explain_no_account() if nobody else "",
                "figures": request.env["collection.daily.figure"]._get_today(),
            },
        )

    @http.route("/my/collection/caller", type="http", auth="user", website=True)
    def portal_collection_caller(self, search=None, **kw):
        """Who is calling: the customer's page when it can be but one, else the list."""
        self._get_collection_agent()
        search = (search or "").strip()
        hits = request.env["collection.account"]._portal_look_up(search)
        if len(hits) == 1:
            [(account_id, hit)] = hits.items()
            return request.redirect_query(
                f"/my/collection/{account_id}", {"caller": hit["person"] or 0}
            )
        return request.redirect_query(
            "/my/collection", {"search": search, "calling": 1}
        )

    @http.route(
        "/my/collection/next",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_collection_next(self, **post):
        """The customer whom this agent should call now; claimed, so nobody else's."""
        self._get_collection_agent()
        return request.redirect(self._claim_next_collection())

    def _claim_next_collection(self):
        """Claim the next customer; where to find them, or why there is none."""
        account = request.env["collection.account"]._next_account()
        return f"/my/collection/{account.id}" if account else "/my/collection?nobody=1"

    # --- Account ---

    @http.route(
        "/my/collection/<int:account_id>", type="http", auth="user", website=True
    )
    def portal_collection_account(self, account_id, done=None, caller=None, **kw):
        """A customer's page.

        :param caller: the contact who is on the telephone, 0 for anybody: the form of
            the call begins with them
        """
        account = self._get_collection_account(account_id)
        if caller is None:
            return self._render_collection_account(account, done=done)
        return self._render_collection_account(
            account,
            form="call",
            post={
                "direction": "incoming",
                **account._get_portal_caller(caller),
            },
        )

    @http.route(
        "/my/collection/<int:account_id>/invoice/<int:item_id>/pdf",
        type="http",
        auth="user",
        website=True,
    )
    def portal_collection_invoice(self, account_id, item_id, **kw):
        account = self._get_collection_account(account_id)
        item = request.env["collection.item"].search(
            [("id", "=", item_id), ("account_id", "=", account.id)]
        )
        document = item._get_portal_invoice_pdf() if item else None
        if not document:
            raise request.not_found()
        account._record_access("invoice")
        return self._make_collection_pdf(document, "inline")

    @http.route(
        "/my/collection/<int:account_id>/file/<int:attachment_id>",
        type="http",
        auth="user",
        website=True,
    )
    def portal_collection_file(self, account_id, attachment_id, **kw):
        """A file that somebody of the agent's provider added; always a download."""
        account = self._get_collection_account(account_id)
        document = account._get_portal_file(attachment_id)
        if not document:
            raise request.not_found()
        name, kind, content = document
        return request.make_response(
            content,
            [
                ("Content-Type", kind),
                ("Content-Length", str(len(content))),
                ("Content-Disposition", content_disposition(name)),
                ("Content-Security-Policy", "default-src 'none'; sandbox"),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            ],
        )
