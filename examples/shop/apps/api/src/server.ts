// The HTTP face of the shop.
import Fastify from "fastify";
import { categoryTree, productsOf, searchProducts } from "./catalog.js";
import { db } from "./db.js";
import { type BasketItem, listOrders, placeOrder, showOrder } from "./orders.js";
import { type Captured, recordCapture } from "./payments.js";
import { openReturns, requestReturn } from "./returns.js";

const app = Fastify({ logger: true });

app.get("/categories", () => categoryTree());

app.get<{ Params: { slug: string }; Querystring: { page?: number } }>(
  "/categories/:slug/products",
  (request) => productsOf(request.params.slug, Number(request.query.page ?? 0)),
);

app.get<{ Querystring: { q: string } }>("/search", (request) => searchProducts(request.query.q));

app.get<{ Params: { customerId: string } }>("/customers/:customerId/orders", (request) =>
  listOrders(request.params.customerId),
);

app.get<{ Params: { customerId: string } }>("/customers/:customerId/returns", (request) =>
  openReturns(request.params.customerId),
);

app.get<{ Params: { orderNumber: string } }>("/orders/:orderNumber", (request) =>
  showOrder(Number(request.params.orderNumber)),
);

app.post<{ Body: { customerId: string; shippingAddressId: string; basket: BasketItem[] } }>(
  "/orders",
  async (request, reply) => {
    const { customerId, shippingAddressId, basket } = request.body;
    const order = await placeOrder(customerId, shippingAddressId, basket);
    return reply.code(201).send(order);
  },
);

app.post<{ Params: { orderId: string }; Body: { reason: string } }>(
  "/orders/:orderId/returns",
  (request) => requestReturn(request.params.orderId, request.body.reason),
);

app.post<{ Body: Omit<Captured, "capturedAt"> & { capturedAt: string } }>(
  "/webhooks/payment-captured",
  async (request, reply) => {
    await recordCapture({ ...request.body, capturedAt: new Date(request.body.capturedAt) });
    return reply.code(204).send();
  },
);

app.addHook("onClose", () => db.$disconnect());

await app.listen({ port: Number(process.env.PORT ?? 3000) });
