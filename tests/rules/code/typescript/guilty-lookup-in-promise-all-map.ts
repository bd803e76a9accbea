// guilty: query-in-a-loop
export async function withAuthors(posts: Post[]) {
  return Promise.all(
    posts.map(async (post) => ({ ...post, author: await prisma.user.findUnique({ where: { id: post.authorId } }) })),
  );
}
