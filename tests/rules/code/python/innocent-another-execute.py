# innocent: sql-built-from-strings
def run(executor, redis, name):
    executor.execute(f"job-{name}")
    redis.execute("GET " + name)
    print(f"select {name} to continue")
    return executor.fetch(f"https://api.acme.io/users/{name}")
