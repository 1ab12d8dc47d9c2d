export type Progress = (what: string) => void

/** One line of progress on standard error: overwritten on a terminal, appended elsewhere. */
export function createProgress(stream: NodeJS.WriteStream): { progress: Progress; done(): void } {
  if (!stream.isTTY) return { progress: (what) => void stream.write(`bench: ${what}\n`), done: () => {} }
  return {
    progress: (what) => void stream.write(`\r\u001b[K${what}`),
    done: () => void stream.write('\r\u001b[K'),
  }
}
