// SPDX-License-Identifier: Apache-2.0
// Starts the web app: theme and language first, so that the first paint is already right.
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { onUnauthorized } from './api/client'
import { initTheme } from './composables/useTheme'
import { i18n, initLanguage } from './i18n'
import { createAppRouter } from './router'
import { useSession } from './stores/session'
import './styles/tokens.css'
import './styles/base.css'
import './styles/element.css'

initTheme()
initLanguage()
const app = createApp(App)
app.use(createPinia())
app.use(i18n)
app.use(createAppRouter())
onUnauthorized(() => useSession().expire())
app.mount('#app')
