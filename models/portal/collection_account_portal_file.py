from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools import upload

#: what an agent adds files to
FILE_MODELS = (
    "collection.call",
    "collection.dispute",
    "collection.promise",
    "collection.provider.note",
)
#: files that one agent adds in a day
FILES_A_DAY = 100


class CollectionAccount(models.Model):
    """Files that a provider's agents add to what they record.

    The company finds them with the record and on the customer's timeline. The
    provider's people reach those of their own provider, as long as they read the record
    they belong to, and by no other way than the page: attachments themselves are
    closed to them.
    """

    _inherit = "collection.account"

    def _portal_add_files(self, record, files):
        """Add files to what the current agent has recorded of this customer just now.

        :param record: a record of `FILE_MODELS` of this account
        :param files: list of (name, content) as they came
        :raises AccessError: not delegated to them, or not of this customer
        :raises UserError: on a file that is not taken, saying what is
        """
        if not files:
            return
        agent_sudo = self._check_delegated_to_me()
        record.check_access("read")
        if record._name not in FILE_MODELS or record.account_id != self:
            raise AccessError(self.env._("Files are added to what you record."))
        values = self._read_portal_files(files)
        # sudo: the account is delegated to them and the record is of it; who added
        # the files is the agent
        attachments_sudo = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": name,
                        "raw": content,
                        "mimetype": kind,
                        "res_model": record._name,
                        "res_id": record.id,
                    }
                    for name, kind, content in values
                ]
            )
        )
        # sudo: the timeline is the company's
        self.sudo()._message_log(
            body=self.env._(
                "Files added by %(agent)s to %(record)s.",
                agent=agent_sudo.name,
                record=record.sudo().display_name,
            ),
            author_id=agent_sudo.user_id.partner_id.id,
            attachment_ids=attachments_sudo.ids,
        )

    def _read_portal_files(self, files):
        """Name, type and content of files, each looked at."""
        if len(files) > upload.MAX_FILES:
            raise UserError(
                self.env._(
                    "Add %(limit)s files at a time, at most.", limit=upload.MAX_FILES
                )
            )
        # sudo: when the company's day began, and how many files the agent has added
        # since, whatever they still see of them
        company_sudo = self.sudo().company_id
        today = company_sudo._get_collection_midnight(
            company_sudo._get_collection_today()
        )
        # one file that goes with many customers is one
        [[added]] = (
            self.env["ir.attachment"]
            .sudo()
            ._read_group(
                [
                    ("create_uid", "=", self.env.uid),
                    ("create_date", ">=", today),
                    ("res_model", "in", FILE_MODELS),
                ],
                [],
                ["checksum:count_distinct"],
            )
        )
        if added + len(files) > FILES_A_DAY:
            raise UserError(
                self.env._(
                    "You have added %(limit)s files today: more are not taken.",
                    limit=FILES_A_DAY,
                )
            )
        values = []
        for name, content in files:
            try:
                values.append((*upload.check(name, content), content))
            except upload.UploadError as error:
                shown = upload.clean_name(name, upload.PDF).removesuffix(".pdf")
                messages = {
                    "empty": self.env._("The file %(name)s is empty.", name=shown),
                    "too_large": self.env._(
                        "The file %(name)s is too large: %(limit)s MB at most.",
                        name=shown,
                        limit=upload.MAX_BYTES // 1024**2,
                    ),
                    "kind": self.env._(
                        "The file %(name)s is neither a PDF nor a PNG or JPEG "
                        "image, or it is damaged. Choose another one.",
                        name=shown,
                    ),
                }
                raise UserError(messages[error.code]) from error
        return values

    def _get_portal_files(self, agent_sudo, record_ids):
        """Files that the agent's provider added, by the record they belong to.

        The callers have checked that the account is delegated to `agent_sudo`.

        :param dict record_ids: ids of records that the agent sees, by model
        :return: {(model, id): [{"id": ..., "name": ...}]}
        """
        found = {}
        for attachment_sudo in self._find_portal_files(agent_sudo, record_ids):
            found.setdefault(
                (attachment_sudo.res_model, attachment_sudo.res_id), []
            ).append({"id": attachment_sudo.id, "name": attachment_sudo.name})
        return found

    def _find_portal_files(self, agent_sudo, record_ids, domain=Domain.TRUE):
        # sudo: attachments are closed to the provider's people; of the records that
        # they see, those that one of their own provider's agents added
        belongs = Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", ids)
            for model, ids in record_ids.items()
        )
        colleagues = agent_sudo.with_context(active_test=False).search(
            [("provider_id", "=", agent_sudo.provider_id.id)]
        )
        return (
            self.env["ir.attachment"]
            .sudo()
            .search_fetch(
                belongs
                & Domain("res_field", "=", False)
                & Domain("create_uid", "in", colleagues.user_id.ids)
                & Domain(domain),
                order="id",
            )
        )

    def _get_portal_file(self, attachment_id):
        """One of the files on this customer's page: (name, type, content).

        :return: None when it is not one of them
        """
        agent_sudo = self._check_delegated_to_me()
        record_ids = {
            model: self.env[model].search([("account_id", "=", self.id)]).ids
            for model in FILE_MODELS
        }
        attachment_sudo = self._find_portal_files(
            agent_sudo, record_ids, Domain("id", "=", attachment_id)
        )
        if not attachment_sudo or attachment_sudo.mimetype not in upload.EXTENSIONS:
            return None
        self._record_access("file")
        return attachment_sudo.name, attachment_sudo.mimetype, attachment_sudo.raw
