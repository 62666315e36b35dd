"""Why an e-mail was not taken, and whose fault that is."""

import smtplib

#: nobody answers, or the server takes nothing from us: whatever is sent now
AWAY = "away"
#: not now, says the server about this one e-mail
LATER = "later"
#: never, says the server about this one e-mail
REFUSED = "refused"

#: the one permanent answer to a sender that is about the e-mail: it is too large
TOO_LARGE = 552


def judge(error):
    """What becomes of an e-mail after `error`: AWAY, LATER or REFUSED.

    A server that is not there, that stops answering or that does not accept our login
    or sender has nothing against the recipient. Of its answers about one e-mail, 4xx
    means later and 5xx never.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [answer[0] for answer in error.recipients.values()]
            return REFUSED if any(map(_is_permanent, codes)) else LATER
        case smtplib.SMTPSenderRefused():
            return REFUSED if error.smtp_code == TOO_LARGE else AWAY
        case (
            smtplib.SMTPHeloError()
            | smtplib.SMTPConnectError()
            | smtplib.SMTPAuthenticationError()
        ):
            return AWAY
        case smtplib.SMTPResponseException():
            return REFUSED if _is_permanent(error.smtp_code) else LATER
        case smtplib.SMTPNotSupportedError():
            # an address in letters that the server cannot write
            return REFUSED
        case OSError():
            return AWAY
    return REFUSED


def describe(error):
    """What the server said, or what is wrong with the connection, on one line."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            text = ", ".join(
                f"{address}: {_join(*answer)}"
                for address, answer in error.recipients.items()
            )
        case smtplib.SMTPResponseException():
            text = _join(error.smtp_code, error.smtp_error)
        case OSError() if error.strerror:
            # without the number, which says nothing to whoever reads it
            text = error.strerror
        case _:
            text = str(error)
    return " ".join(text.split())


def _is_permanent(code):
    return isinstance(code, int) and code >= 500


def _join(code, text):
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return f"{code} {text}"
