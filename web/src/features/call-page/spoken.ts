// SPDX-License-Identifier: Apache-2.0
// Which of the service's spoken languages fits the language of the page.

export function spokenLanguage(offered: readonly string[], page_language: string): string {
  const chinese = page_language.startsWith('zh')
  const exact = offered.find((tag) => tag === page_language)
  if (exact) return exact
  return offered.find((tag) => (chinese ? /^(zh|cmn)/i.test(tag) : /^en/i.test(tag))) ?? offered[0] ?? ''
}
