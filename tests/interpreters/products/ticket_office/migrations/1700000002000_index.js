exports.up = (pgm) => {
  pgm.noTransaction();
  pgm.createIndex("events", "created_at", { method: "brin", concurrently: true });
};

exports.down = false;
