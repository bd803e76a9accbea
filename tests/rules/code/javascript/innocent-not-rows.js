// innocent: writes-outside-a-transaction
export async function clear(key, form) {
  cache.delete(key);
  await storage.objects.delete(key);
  form.fields.update({ value: "" });
  document.body.append(form.node.create("div"));
  new Map().set(key, 1);
}
