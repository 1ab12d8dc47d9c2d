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
  // Lines may come before they are asked for: who pastes several answers means each of them.
  const early: string[] = []
  let left = false
  let answer: ((line: string | undefined) => void) | undefined
  const give = (line: string | undefined) => {
    const waiting = answer
    answer = undefined
    waiting?.(line)
  }
  lines.on('line', (line) => (answer ? give(line) : early.push(line)))
  lines.on('SIGINT', () => lines.close())
  lines.on('close', () => {
    left = true
    give(undefined)
  })
  return {
    ask: (question) =>
      new Promise((resolve) => {
        const line = early.shift()
        if (line !== undefined || left) return resolve(line)
        answer = resolve
        lines.setPrompt(question)
        lines.prompt()
      }),
    close: () => lines.close(),
  }
}
