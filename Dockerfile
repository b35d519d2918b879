# The gateway alone, without what builds and tests it. See compose.yaml for a whole installation.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without install scripts: those belong to the PostgreSQL server of the tests, and to the build below.
RUN npm ci --ignore-scripts
COPY build.js tsconfig.json ./
COPY src src
COPY migrations migrations
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# Each thread that renders pictures would keep freed memory to itself otherwise: 180 MB more with the largest ones.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY examples/entity1.yaml examples/entity1.yaml
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["serve"]
