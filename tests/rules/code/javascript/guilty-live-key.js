// guilty: secret-in-code
const stripe = require("stripe")("sk_live_" + "");
module.exports = require("stripe")("sk_live_9aB3dE5fG7hJ9kL1mN3pQ5rS7");
