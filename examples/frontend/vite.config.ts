import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:4000';

/** The gateway answers its own origin only (it has no CORS): what serves the app passes requests and images on. */
const serving = {
  host: '127.0.0.1',
  proxy: { '/graphql': gateway, '^/[^/]+/photoCustomer(Category)?/': gateway },
};

export default defineConfig({ plugins: [react()], server: serving, preview: serving });
