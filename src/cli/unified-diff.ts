import { type StructuredPatchHunk, structuredPatch } from 'diff'

const context = 3

/** The most removed and added lines that we look for: time and memory grow with their square (a second, 80 MB). */
const limit = 2000

/**
 * The difference of two texts in the unified format, line by line; empty when they are equal. For texts that differ in
 * more than 2,000 lines, a sentence that says so replaces the hunks.
 */
export function unifiedDiff(before: string, after: string, names: { before: string; after: string }): string[] {
  if (before === after) return []
  // With nothing on one side there is nothing to look for.
  const bound = before === '' || after === '' ? Number.POSITIVE_INFINITY : limit
  const patch = structuredPatch(names.before, names.after, before, after, undefined, undefined, {
    context,
    maxEditLength: bound,
  })
  const body = patch?.hunks.flatMap(formatHunk) ?? [
    `More than ${limit} lines differ: compare the two files with another tool.`,
  ]
  return [`--- ${names.before}`, `+++ ${names.after}`, ...body]
}

function formatHunk({ oldStart, oldLines, newStart, newLines, lines }: StructuredPatchHunk): string[] {
  return [`@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`, ...lines]
}

/** A range of no lines is named by the line before it, and one of one line by that line alone. */
function range(start: number, count: number): string {
  return `${count === 0 ? start - 1 : start}${count === 1 ? '' : `,${count}`}`
}
