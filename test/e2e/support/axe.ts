import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe-core finds against WCAG 2.2 AA on the page as it is shown now: a line for each element. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Not by a script element: the policy of our pages would not let it run.
  await page.evaluate(axe.source)
  return page.evaluate<
    string[]
  >(`axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 120) + ' ' + failureSummary)))`)
}
