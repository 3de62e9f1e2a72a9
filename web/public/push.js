// SPDX-License-Identifier: Apache-2.0
// The service worker: shows what is pushed, and opens its page. It caches nothing.
self.addEventListener('push', (event) => {
  const said = event.data ? event.data.json() : {}
  event.waitUntil(self.registration.showNotification(said.title ?? 'hotline', { body: said.text ?? '', tag: said.path, icon: '/icon.svg', data: { path: said.path ?? '/' } }))
})
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  // A path of this site and no other.
  const target = new URL(event.notification.data?.path ?? '/', self.location.origin)
  if (target.origin !== self.location.origin) return
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
    const page = pages.find((one) => one.url === target.href)
    if (page) return page.focus()
    await self.clients.openWindow(target.href)
  })())
})
