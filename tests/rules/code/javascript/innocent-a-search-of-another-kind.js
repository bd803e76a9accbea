// innocent: sql-built-from-strings
export async function run(index, cache, word) {
  await index.query(`title:${word}`);
  await cache.execute("GET " + word);
  return document.querySelector("#" + word);
}
