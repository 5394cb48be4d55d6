/** The accessibility rules that a program can check, on the page as it stands. */
import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/**
 * Fails on serious and critical violations of axe's rules (WCAG 2.2 A and AA, best practices).
 * @param name what is looked at
 * @param within selector of the part that is judged; the page when absent
 */
export async function expectAccessible(page: Page, name: string, within = 'html'): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .include(within)
    // Monaco's lines and its hidden input are drawn and named by itself.
    .exclude('.monaco-editor')
    .analyze()
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(grave.map(({ id, help, nodes }) => `${name}: ${id}: ${help}\n  ${nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`).join('\n  ')}`)).toEqual([])
}
