/** axe-core as the judge of a page: https://github.com/dequelabs/axe-core. */
import axe from 'axe-core'
import { expect, type Page } from '@playwright/test'

const JUDGED = new Set(['serious', 'critical'])

/**
 * Fails with what is wrong where, when something in the page keeps people from using it.
 * @param within selector of the part that is judged; all of the page when absent
 */
export async function expectAccessible(page: Page, within?: string): Promise<void> {
  // Evaluated, not put into the page as a script: its policy would refuse that.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(${JSON.stringify(within ?? 'html')}, { resultTypes: ['violations'] })`)
  const found = violations.filter(({ impact }) => JUDGED.has(impact ?? '')).map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join('\n')}`)
  expect(found).toEqual([])
}
