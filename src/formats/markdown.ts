/** Text inside Markdown (CommonMark). */

/** One line of text that shows as it is: it never becomes emphasis, a link, HTML or a list. */
export function mdText(text: string): string {
  return mdLine(text).replace(/[\\`*_{}[\]<>()#+\-.!|&~]/g, '\\$&')
}

/** A code span (CommonMark 6.1): its fence is longer than any run of backticks inside. */
export function mdCode(text: string): string {
  const line = mdLine(text)
  const runs = line.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1)
  // The reader drops one space on each side; without it a backtick at the edge would join the fence.
  const pad = line === '' || /^[` ]|[` ]$/.test(line) ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

function mdLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}
