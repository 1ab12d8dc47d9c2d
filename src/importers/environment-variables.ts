/** Variables of environment files and of the commands that set them. */
import type { ImportFile } from './contract.ts'
import { readVariables } from './settings-tree.ts'

/**
 * `KEY=value` as `readVariables` knows it; also several on a line behind `ENV` (Dockerfile), `Environment=` (systemd) and `-e` or `--env`
 * (docker run), with lines that a backslash continues.
 */
export function environmentOf({ text }: Pick<ImportFile, 'text'>): Map<string, string> {
  const lines = text.replaceAll(/\\\r?\n\s*/g, ' ').split(/\r?\n/)
  return readVariables({ text: lines.flatMap(assignmentsOf).join('\n') })
}

function assignmentsOf(line: string): string[] {
  const behind = /^\s*(?:ENV\s+(?=[A-Za-z_]\w*=)|Environment=)(.*)$/.exec(line)?.[1]
  if (behind !== undefined) return wordsOf(behind).filter(isAssignment)
  if (!/\s(?:-e|--env)[\s=]/.test(line)) return isSetting.test(line) ? [line] : []
  const words = wordsOf(line)
  return words.flatMap((word, index) => {
    const given = /^--env=(.*)$/s.exec(word)?.[1] ?? (/^(?:-e|--env)$/.test(word) ? words[index + 1] : undefined)
    return given !== undefined && isAssignment(given) ? [given] : []
  })
}

/** Other lines of a Dockerfile or a script begin with a command. */
const isSetting = /^\s*(?:(?:export\s+|ENV\s+|-\s+)?"?[A-Za-z_]\w*\s*[=:]|ENV\s)/

function isAssignment(word: string): boolean {
  return /^[A-Za-z_]\w*=/.test(word)
}

/** Words of a line, without the quotes around them or around their values, written so that `readVariables` reads them back. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g)].map(([word]) => {
    const [, inner = word] = /^"((?:[^"\\]|\\.)*)"$/s.exec(word) ?? /^'([^']*)'$/s.exec(word) ?? []
    const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(inner) ?? []
    const isQuoted = /^["']/.test(value)
    return name === undefined || isQuoted || inner === word ? inner : `${name}='${value.replaceAll("'", "'\\''")}'`
  })
}
