import contextlib
import io
import logging
import os
import signal
import subprocess
from contextvars import ContextVar

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.base.models import ir_actions_report as core

from ...tools.pdf import count_pages

_logger = logging.getLogger(__name__)

LETTER_REPORT = "account_collection.report_collection_letter"
#: seconds that the renderer may take: to begin with, for each document, for each
#: megabyte of HTML; several times what a slow machine needs
START_SECONDS = 15
DOCUMENT_SECONDS = 1
MEGABYTE_SECONDS = 10

_seconds = ContextVar("collection_seconds", default=None)
_core_run_wkhtmltopdf = core._run_wkhtmltopdf


def _run_wkhtmltopdf(args):
    """As core runs the renderer, and not longer than what we print for may wait.

    Core waits for ever, and its call is a plain function: there is no other way in.
    Nothing changes for what this module does not print.

    :raise subprocess.TimeoutExpired: the renderer and its children were killed
    """
    seconds = _seconds.get()
    if seconds is None:
        return _core_run_wkhtmltopdf(args)
    with subprocess.Popen(
        [core._wkhtml().bin, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


core._run_wkhtmltopdf = _run_wkhtmltopdf


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        # The letters bring their own complete document: it goes to the renderer
        # as it is, all letters of a batch in one call, and those that were sent
        # are taken as they were sent.
        report_name = self._get_report(report_ref).report_name or ""
        if res_ids and report_name == LETTER_REPORT:
            letters = self.env["collection.letter"].browse(dict.fromkeys(res_ids))
            return {
                letter.id: {"stream": io.BytesIO(content), "attachment": None}
                for letter, content in letters._get_pdf_parts()
            }
        if report_name.startswith("account_collection."):
            self = self.with_context(collection_documents=len(res_ids or [0]))
        return super()._render_qweb_pdf_prepare_streams(
            report_ref, data, res_ids=res_ids
        )

    def _run_wkhtmltopdf(self, bodies, *args, **kwargs):
        """In the context `collection_documents`, the number of documents that are
        printed: in limited time, and what comes out is a PDF.

        :raise UserError: it could not be printed
        """
        documents = self.env.context.get("collection_documents")
        if not documents:
            return super()._run_wkhtmltopdf(bodies, *args, **kwargs)
        bodies = list(bodies)
        seconds = (
            START_SECONDS
            + DOCUMENT_SECONDS * documents
            + MEGABYTE_SECONDS * sum(map(len, bodies)) / 1e6
        )
        token = _seconds.set(seconds)
        try:
            content = super()._run_wkhtmltopdf(bodies, *args, **kwargs)
        except subprocess.TimeoutExpired as error:
            _logger.warning("The renderer was stopped after %.0f s.", seconds)
            raise UserError(
                self.env._(
                    "The document could not be printed: the server had not finished "
                    "after %(seconds)s seconds.",
                    seconds=round(seconds),
                )
            ) from error
        except (OSError, UserError) as error:
            _logger.warning("The renderer failed: %s", error)
            raise UserError(
                self.env._(
                    "The document could not be printed: the server's print program "
                    "failed."
                )
            ) from error
        finally:
            _seconds.reset(token)
        # exit status 1 is a warning to core: only the content tells
        if not count_pages(content):
            _logger.warning("The renderer left no PDF, but %s bytes.", len(content))
            raise UserError(
                self.env._(
                    "The document could not be printed: what the server's print "
                    "program made is empty or cut off."
                )
            )
        return content

    def _build_wkhtmltopdf_args(
        self,
        paperformat_id,
        landscape,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        args = super()._build_wkhtmltopdf_args(
            paperformat_id,
            landscape,
            specific_paperformat_args=specific_paperformat_args,
            set_viewport_size=set_viewport_size,
        )
        if self.env.context.get("collection_letters"):
            # no script and nothing to load in a letter: nothing to wait for
            args[args.index("--javascript-delay") + 1] = "0"
        return args
