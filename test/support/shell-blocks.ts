/** The commands of a page: its code blocks for a shell, and the calls of `gatehouse` in them. */

export interface ShellBlock {
  /** What is inside of the fence. */
  text: string
  /** The line of the fence, from 1. */
  line: number
}

/** Blocks for a shell: `sh`, `bash`, `console`, and those without a language that begin with a command of ours or of npm. */
export function shellBlocks(markdown: string): ShellBlock[] {
  return [...markdown.matchAll(/^( *)```([a-z]*)\n(.*?)^ *```$/gms)]
    .map(({ index, 2: language = '', 3: text = '' }) => ({
      language,
      text,
      line: markdown.slice(0, index).split('\n').length,
    }))
    .filter(
      ({ language, text }) =>
        ['sh', 'bash', 'console', 'shell'].includes(language) || (language === '' && /^(?:gatehouse|npm) /.test(text)),
    )
    .map(({ text, line }) => ({ text, line }))
}

/** What goes before the name of a program: variables, who runs it, and the container in which it runs. */
const before =
  /^(?:\$ |[A-Za-z_]\w*=(?:'[^']*'|"[^"]*"|\S)*\s+|sudo (?:-\w+ (?:\w+ )?)*|runuser -u \w+ -- |docker compose [^|]*? exec \w+ |kubectl [^|]*? -- |exec |time )*/

/** The calls of `gatehouse` in lines of a shell, each as the words after its name. */
export function calledIn(text: string): string[][] {
  const lines = text.replace(/\\\n\s*/g, ' ').split('\n')
  return lines
    .flatMap((line) => partsOf(line.replace(/(?:^|\s)#.*$/, '')))
    .map((part) => part.trim().replace(before, ''))
    .flatMap((part) => {
      const called = /^(?:gatehouse|npm run -s gatehouse --)(?:\s+(.*))?$/.exec(part)
      return called ? [wordsOf(called[1] ?? '')] : []
    })
}

/** The commands of a line: what stands between `|`, `;`, `&` and brackets outside of quotes. */
function partsOf(line: string): string[] {
  const pieces = line.match(/'[^']*'|"[^"]*"|[|;&()]+|[^'"|;&()]+/g) ?? []
  const parts = ['']
  for (const piece of pieces) {
    if (/^[|;&()]/.test(piece)) parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts
}

function wordsOf(text: string): string[] {
  const withoutRedirections = text.replace(/\s\d?(?:>>?|<)\s*\S+/g, '')
  return (withoutRedirections.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replace(/['"]/g, ''))
}
