// SPDX-License-Identifier: Apache-2.0
// Build, development proxy and unit tests of the web app.
import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vitest/config'

// The server behind `npm run dev`: the mock by default, or a real one (HOTLINE_API=https://127.0.0.1:8443).
const api = process.env.HOTLINE_API ?? 'http://127.0.0.1:8787'

export default defineConfig({
  plugins: [
    vue(),
    // Only Element Plus components are resolved by name; our own are imported, so that a file shows what it uses.
    Components({ dts: 'src/components.d.ts', dirs: [], resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { port: 5173, proxy: { '/api': { target: api, ws: true, secure: false } } },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      output: {
        manualChunks: (id: string) =>
          id.includes('echarts') || id.includes('zrender') ? 'echarts'
            : id.includes('wavesurfer') ? 'wavesurfer'
              : id.includes('node_modules') && !id.includes('element-plus') ? 'vendor' : undefined,
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    server: { deps: { inline: ['element-plus'] } },
  },
})
