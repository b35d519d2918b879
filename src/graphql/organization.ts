import type { OrganizationIdentity } from '../actor.ts';
import { builder } from './builder.ts';

export const OrganizationRef = builder.objectRef<OrganizationIdentity>('Organization').implement({
  description: 'The company on whose behalf the call is made. Nothing of another one can be seen or named.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, as REST answers and image addresses carry it.' }),
    currency: t.string({
      description: 'ISO code of the currency that a customer has unless told otherwise.',
      resolve: async (_organization, _args, { services, actor }) => (await services.readSettings(actor)).currency,
    }),
    currencies: t.stringList({
      description: 'ISO codes of the currencies that customers may have.',
      resolve: async (_organization, _args, { services, actor }) => [
        ...(await services.readSettings(actor)).currencies,
      ],
    }),
    geographicalLocations: t.boolean({
      description: 'Whether customers are assigned to regions; if not, a region sent with one is ignored.',
      resolve: async (_organization, _args, { services, actor }) =>
        (await services.readSettings(actor)).geographicalLocations,
    }),
    regionLevel: t.int({
      description: 'The highest level of region that a customer may be assigned to; sub-levels are fine.',
      resolve: async (_organization, _args, { services, actor }) => (await services.readSettings(actor)).regionLevel,
    }),
  }),
});

builder.queryField('organization', (t) =>
  t.field({
    type: OrganizationRef,
    description: 'The caller’s organization.',
    resolve: (_root, _args, { actor }) => actor.organization,
  }),
);
