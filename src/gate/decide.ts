import type { Rule } from '../config/schema.ts'
import { readUserEntry } from '../username.ts'

/** What the rules are asked about. `identity` is absent for someone who is not signed in. */
export interface Question {
  method: string
  /** As `canonicalPath` gives it. The query is never seen here. */
  path: string
  /** Whether a sign-in page makes sense as the answer: a person opened a page. */
  wantsPage: boolean
  identity?: Subject | undefined
}

/** The part of an identity that rules can name. */
export interface Subject {
  /** The entries that mean this person, such as `user:alice` and `user:corp/alice`, in their one spelling. */
  names: readonly string[]
  teams: readonly string[]
  /** For a program with a token of its own: the product that it is. It is no person, so only `client:PRODUCT` lets it in. */
  program?: string
}

export type Decision = 'allow' | 'sign-in' | 'unauthenticated' | 'forbidden'

/** A rule in the shape in which it is compared. Made once, when the configuration is read. */
export interface CompiledRule {
  path: string
  /** Folded, with a slash at the end: everything below it begins so. */
  foldedPrefix: string
  prefix: string
  methods: readonly string[] | undefined
  allow: Rule['allow']
  /** Where it stands in the configuration, for operators: `rules.1 (/admin)`. */
  name: string
}

/** @param rule its path must be canonical already (`canonicalPath`). */
export function compileRule(rule: Rule, index: number): CompiledRule {
  const path = rule.path.length > 1 && rule.path.endsWith('/') ? rule.path.slice(0, -1) : rule.path
  const prefix = path === '/' ? '/' : `${path}/`
  // HEAD tells what GET tells (RFC 9110, 9.3.2), so whatever holds for GET holds for it.
  const methods = rule.methods?.includes('GET') ? [...rule.methods, 'HEAD'] : rule.methods
  const name = `rules.${index} (${path})`
  return { path, prefix, foldedPrefix: fold(prefix), methods, allow: oneSpelling(rule.allow), name }
}

/** Names as identities have them, so that a request costs no more than a comparison. */
function oneSpelling(allow: Rule['allow']): Rule['allow'] {
  if (!Array.isArray(allow)) return allow
  return allow.map((entry) => (entry.startsWith('user:') ? (readUserEntry(entry).entry ?? entry) : entry))
}

/** Whether the rules let it pass. No rule is a refusal. */
export function decide(rules: readonly CompiledRule[], question: Question): Decision {
  const rule = decidingRule(rules, question)
  return rule !== undefined && permits(rule.allow, question.identity) ? 'allow' : refuse(question)
}

/**
 * The first rule that matches by whole segments.
 *
 * Case is significant, but some servers behind (Express, IIS) do not think so: a rule that differs from the path by case only cannot
 * open anything, yet what it asks for is asked for as well. `/Admin` so never escapes the rule of `/admin`.
 */
export function decidingRule(rules: readonly CompiledRule[], question: Question): CompiledRule | undefined {
  const folded = `${fold(question.path)}/`
  for (const rule of rules) {
    if (rule.methods !== undefined && !rule.methods.includes(question.method)) continue
    if (!folded.startsWith(rule.foldedPrefix)) continue
    if (isBelow(question.path, rule)) return rule
    if (!permits(rule.allow, question.identity)) return rule
  }
  return undefined
}

/** Two paths as which servers may read one address, and the rules that decide differently about them. */
export interface Disagreement {
  path: string
  rule: CompiledRule | undefined
  otherPath: string
  otherRule: CompiledRule | undefined
}

/** Undefined: the rules decide alike about the path of the question and all others. */
export function disagreement(
  rules: readonly CompiledRule[],
  question: Question,
  others: readonly string[],
): Disagreement | undefined {
  const decision = decide(rules, question)
  const otherPath = others.find((path) => decide(rules, { ...question, path }) !== decision)
  if (otherPath === undefined) return undefined
  const rule = decidingRule(rules, question)
  return { path: question.path, rule, otherPath, otherRule: decidingRule(rules, { ...question, path: otherPath }) }
}

/** A path as the most lenient server compares it: without case, also beyond ASCII, and with compatible characters alike (`%EF%BC%A1`, a wide A). */
function fold(path: string): string {
  return (path.includes('%') ? decodeURIComponent(path).normalize('NFKC') : path).toLowerCase()
}

/** Teams and people that the rule lets in, as it names them, for somebody who is not among them. */
export function openTo(rule: Pick<CompiledRule, 'allow'> | undefined): string[] {
  const allow = Array.isArray(rule?.allow) ? rule.allow : []
  return allow.filter((entry) => !entry.startsWith('client:'))
}

function isBelow(path: string, rule: CompiledRule): boolean {
  return path.startsWith(rule.prefix) || path === rule.path
}

function permits(allow: Rule['allow'], identity: Subject | undefined): boolean {
  if (allow === 'everyone') return true
  if (identity === undefined) return false
  if (identity.program !== undefined) return allow !== 'authenticated' && allow.includes(`client:${identity.program}`)
  if (allow === 'authenticated') return true
  for (const entry of allow) {
    if (entry.startsWith('user:') && identity.names.includes(entry)) return true
    if (entry.startsWith('team:') && identity.teams.includes(entry.slice(5))) return true
  }
  return false
}

function refuse({ identity, wantsPage }: Question): Decision {
  if (identity !== undefined) return 'forbidden'
  return wantsPage ? 'sign-in' : 'unauthenticated'
}
