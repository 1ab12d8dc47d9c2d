import { createInterface } from 'node:readline'

/** Asks a person. Answers undefined when they have left: Ctrl-C, or the end of the input. */
export type Ask = (question: string) => Promise<string | undefined>

export interface Conversation {
  ask: Ask
  close(): void
}

/** A conversation with whoever sits at the terminal; undefined when nobody does. Questions go to standard error: the result may be piped. */
export function openConversation(): Conversation | undefined {
  const { stdin: input, stderr: output } = process
  if (!input.isTTY || !output.isTTY) return undefined
  const lines = createInterface({ input, output })
  let left = false
  let leave = () => {}
  lines.on('SIGINT', () => lines.close())
  lines.on('close', () => {
    left = true
    leave()
  })
  return {
    ask: (question) =>
      new Promise((resolve) => {
        if (left) return resolve(undefined)
        leave = () => resolve(undefined)
        lines.question(question, resolve)
      }),
    close: () => lines.close(),
  }
}
