from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """What was handed over keeps the customer's name and address as of that day, and
    how levels and segments were called. Of earlier hand-overs nobody knows them: those
    of today stand in their place."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    lines = env["collection.placement.line"].search(
        [
            ("partner_name", "=", False),
            ("placement_id.state", "not in", ("draft", "proposed")),
        ]
    )
    lines._freeze_particulars()
    cr.execute("UPDATE collection_placement_line SET went = partner_name IS NOT NULL")
    cr.execute(
        """
        UPDATE collection_placement_item held
           SET level_name = COALESCE(level.name ->> partner.lang,
                                     level.name ->> 'en_US')
          FROM collection_policy_level level, collection_placement_line line,
               res_company company, res_partner partner
         WHERE level.id = held.level_id AND held.level_name IS NULL
           AND line.id = held.line_id
           AND company.id = line.company_id AND partner.id = company.partner_id
        """
    )
    cr.execute(
        """
        UPDATE collection_placement_line line
           SET segment_name = COALESCE(segment.name ->> partner.lang,
                                       segment.name ->> 'en_US')
          FROM collection_segment segment, res_company company, res_partner partner
         WHERE segment.id = line.segment_id AND line.segment_name IS NULL
           AND company.id = line.company_id AND partner.id = company.partner_id
        """
    )
    # known by the line
    cr.execute(
        """
        ALTER TABLE collection_placement_item
         DROP COLUMN IF EXISTS placement_id, DROP COLUMN IF EXISTS company_id
        """
    )
