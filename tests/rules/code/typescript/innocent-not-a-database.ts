// innocent: sql-built-from-strings
export async function run(client: ApolloClient, page: Page, name: string) {
  await page.query(`div[data-name="${name}"]`);
  logger.info(`select ${name} from the menu`);
  return client.query({ query: gql`query { user(name: "x") { id } }`, variables: { name } });
}
