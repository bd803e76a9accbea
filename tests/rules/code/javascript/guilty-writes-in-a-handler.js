// guilty: writes-outside-a-transaction
app.post("/orders/:id/pay", async (req, res) => {
  const payment = await prisma.payment.create({ data: { orderId: req.params.id } });
  await prisma.order.update({ where: { id: req.params.id }, data: { paid: true } });
  res.json(payment);
});
