# innocent: query-in-a-loop
from sqlalchemy import select


def load(session, accounts, tenants):
    ids = [account.id for account in accounts]
    entries = session.scalars(select(Entry).where(Entry.account_id.in_(ids))).all()
    for tenant in tenants:
        session.add(Note(tenant_id=tenant.id))
    return {entry.account_id: entry for entry in entries}
