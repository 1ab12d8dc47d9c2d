/**
 * Something that takes a while to make, made when it is first asked for and kept. A failure is not kept: whoever asked is told, and
 * the next one who asks makes a new attempt.
 */
export function keptOnceMade<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    if (made) return made
    const attempt = make()
    made = attempt
    attempt.catch(() => {
      made = undefined
    })
    return attempt
  }
}
