# guilty: query-in-a-loop
from sqlalchemy import select


def totals(session, accounts):
    found = {}
    for account in accounts:
        stmt = select(Entry.cents).where(Entry.account_id == account.id)
        found[account.code] = sum(session.scalars(stmt))
    return found
