// SPDX-License-Identifier: Apache-2.0
// The pages. Staff pages need a session; without one the sign-in remembers where to come back to.
import { createRouter, createWebHistory, type Router, type RouterHistory } from 'vue-router'
import { useSession } from './stores/session'

declare module 'vue-router' {
  interface RouteMeta { staff?: boolean; title?: string; supervises?: boolean }
}

/** Only a path of this site: a link must not be able to send somebody elsewhere after signing in. */
export function safeTarget(to: unknown): string {
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? to : '/desk'
}

export function createAppRouter(history: RouterHistory = createWebHistory()): Router {
  const router = createRouter({
    history,
    routes: [
      { path: '/sign-in', name: 'sign-in', component: () => import('./features/session/SignInPage.vue'), meta: { title: 'nav.sign_in' } },
      { path: '/partner', name: 'partner', component: () => import('./features/outside/PartnerPage.vue'), meta: { title: 'nav.partner' } },
      { path: '/call', name: 'call', component: () => import('./features/call-page/CallPage.vue'), meta: { title: 'nav.call' } },
      {
        path: '/',
        component: () => import('./app/StaffShell.vue'),
        meta: { staff: true },
        children: [
          { path: '', redirect: '/desk' },
          { path: 'desk', name: 'desk', component: () => import('./features/desk/DeskPage.vue'), meta: { title: 'nav.desk' } },
          {
            path: 'contacts',
            name: 'contacts',
            component: () => import('./features/contacts/ContactsPage.vue'),
            meta: { title: 'nav.contacts' },
            children: [{ path: ':id(\\d+)', name: 'contact', component: () => import('./features/contacts/ContactDetail.vue'), props: true }],
          },
          { path: 'contacts/:id(\\d+)/sip-trace', name: 'sip-trace', component: () => import('./features/contacts/SipLadderPage.vue'), props: true, meta: { title: 'sip.title' } },
          {
            path: 'orders',
            name: 'orders',
            component: () => import('./features/orders/OrdersPage.vue'),
            meta: { title: 'nav.orders' },
            children: [{ path: ':id(\\d+)', name: 'order', component: () => import('./features/orders/OrderPanel.vue'), props: true }],
          },
          { path: 'liaison/:code([a-z0-9_]+)?/:id(\\d+)?', name: 'liaison', component: () => import('./features/outside/LiaisonPage.vue'), props: true, meta: { title: 'nav.liaison' } },
          { path: 'notices', name: 'notices', component: () => import('./features/outside/NoticesPage.vue'), meta: { title: 'nav.notices' } },
          { path: 'appointments', name: 'appointments', component: () => import('./features/appointments/AppointmentsPage.vue'), meta: { title: 'nav.appointments' } },
          { path: 'standing', name: 'standing', component: () => import('./features/standing/StandingPage.vue'), meta: { title: 'nav.standing' } },
          { path: 'crews', name: 'crews', component: () => import('./features/appointments/CrewsPage.vue'), meta: { title: 'nav.crews', supervises: true } },
          { path: 'supervise', name: 'supervise', component: () => import('./features/supervise/SupervisePage.vue'), meta: { title: 'nav.supervise', supervises: true } },
          { path: 'ledger', name: 'ledger', component: () => import('./features/ledger/LedgerPage.vue'), meta: { title: 'nav.ledger' } },
          { path: 'call-backs', name: 'call-backs', component: () => import('./features/call-backs/CallBacksPage.vue'), meta: { title: 'nav.call_backs', supervises: true } },
          {
            path: 'routing',
            component: () => import('./features/routing/RoutingPage.vue'),
            meta: { title: 'nav.routing', supervises: true },
            children: [
              { path: '', redirect: { name: 'routing-queues' } },
              { path: 'queues/:code([a-z0-9_]+)?', name: 'routing-queues', component: () => import('./features/routing/QueuesPage.vue'), props: true },
              { path: 'lines/:code([0-9A-Za-z_]+)?', name: 'routing-lines', component: () => import('./features/routing/LinesPage.vue'), props: true },
              { path: 'agents', name: 'routing-agents', component: () => import('./features/routing/AgentsPage.vue') },
              { path: 'rules', name: 'routing-rules', component: () => import('./features/routing/RulesPage.vue') },
            ],
          },
          { path: 'wallboard', name: 'wallboard', component: () => import('./features/wallboard/WallboardPage.vue'), meta: { title: 'nav.wallboard' } },
          { path: 'planner', name: 'planner', component: () => import('./features/planner/PlannerPage.vue'), meta: { title: 'nav.planner' } },
        ],
      },
      { path: '/:rest(.*)*', name: 'not-found', component: () => import('./app/NotFoundPage.vue'), meta: { title: 'nav.not_found' } },
    ],
  })

  router.beforeEach(async (to) => {
    const session = useSession()
    if (to.name === 'sign-in' || !to.meta.staff) return true
    if (session.phase === 'unknown') await session.restore()
    // Unreachable is not signed out: the shell shows it and tries again.
    if (session.phase === 'out') return { name: 'sign-in', query: to.fullPath === '/desk' || to.fullPath === '/' ? {} : { to: to.fullPath } }
    // The server refuses an agent here; they are led to where they work instead of to an error.
    if (to.meta.supervises && session.phase === 'in' && !session.supervises) return { name: 'desk' }
    return true
  })
  return router
}
