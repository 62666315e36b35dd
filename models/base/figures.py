from odoo.tools import formatLang


def format_figure(env, value):
    """A number as the language of `env` writes it, with as many decimals as it has, at
    most four."""
    decimals = len(f"{float(value):.4f}".rstrip("0").partition(".")[2])
    return formatLang(env, float(value), digits=decimals)
