import { type ASTVisitor, type ValidationContext, validate } from 'graphql';
import { type Plugin, createGraphQLError } from 'graphql-yoga';

const explanation =
  'Introspection is off here (INTROSPECTION=on turns it on). The schema is schema.graphql, which comes with the ' +
  'gateway’s source and which customer-gateway print-schema prints.';

/** Like graphql’s own NoSchemaIntrospectionCustomRule, but says once what to do. */
function refuseIntrospection(context: ValidationContext): ASTVisitor {
  let isRefused = false;
  return {
    Field(node) {
      if (isRefused || (node.name.value !== '__schema' && node.name.value !== '__type')) return;
      isRefused = true;
      const extensions = { code: 'INTROSPECTION_DISABLED' };
      context.reportError(createGraphQLError(explanation, { nodes: node, extensions }));
    },
  };
}

/** Keeps the schema from who does not know it: no introspection, and no error of a document guesses at what was meant. */
export function useClosedSchema(): Plugin {
  return {
    onValidate({ addValidationRule, setValidationFn }) {
      addValidationRule(refuseIntrospection);
      setValidationFn((...[schema, document, rules]: Parameters<typeof validate>) =>
        validate(schema, document, rules, { hideSuggestions: true }),
      );
    },
  };
}
