// innocent: writes-outside-a-transaction
export async function move(from, to) {
  const t = await sequelize.transaction();
  try {
    await sequelize.query("UPDATE accounts SET cents = cents - 1 WHERE id = :from", { replacements: { from }, transaction: t });
    await sequelize.query("UPDATE accounts SET cents = cents + 1 WHERE id = :to", { replacements: { to }, transaction: t });
    await t.commit();
  } catch (error) {
    await t.rollback();
    throw error;
  }
}
