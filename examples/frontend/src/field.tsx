import { type ReactNode, createContext, useContext } from 'react';
import { type FieldName, findField, labels } from './field-names.ts';
import type { UpsertError } from './gql/graphql.ts';

type Finding = Pick<UpsertError, 'message' | 'path'>;

/** What the gateway found wrong, for the fields to take their part of. */
export const FindingsContext = createContext<readonly Finding[]>([]);

type ControlProps = {
  readonly id: string;
  readonly name: FieldName;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
};

type FieldProps = {
  readonly name: FieldName;
  readonly children: (control: ControlProps) => ReactNode;
  /** Several controls under one heading. */
  readonly isGroup?: boolean;
};

/** A label, its control, and right below it what is wrong with it. */
export function Field({ name, children, isGroup = false }: FieldProps) {
  const findings = useContext(FindingsContext).filter((finding) => findField(finding) === name);
  const described = `${name}-errors`;
  const control = { id: name, name, 'aria-invalid': findings.length > 0, 'aria-describedby': described };
  const messages = (
    <div id={described} className="errors">
      {findings.map(({ message }) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
  if (isGroup)
    return (
      <fieldset className="field" aria-describedby={described}>
        <legend>{labels[name]}</legend>
        {children(control)}
        {messages}
      </fieldset>
    );
  return (
    <div className="field">
      <label htmlFor={name}>{labels[name]}</label>
      {children(control)}
      {messages}
    </div>
  );
}

type TextFieldProps = {
  readonly name: FieldName;
  readonly value: string | number | null | undefined;
  readonly type?: 'text' | 'email' | 'tel' | 'number';
  readonly hint?: string;
};

export function TextField({ name, value, type = 'text', hint }: TextFieldProps) {
  return (
    <Field name={name}>
      {(control) => (
        <input
          {...control}
          type={type}
          step={type === 'number' ? 'any' : undefined}
          placeholder={hint}
          defaultValue={value ?? ''}
        />
      )}
    </Field>
  );
}

type Choice = { readonly value: string; readonly label: string };

export function SelectField(props: {
  readonly name: FieldName;
  readonly value: string;
  readonly choices: readonly Choice[];
}) {
  return (
    <Field name={props.name}>
      {(control) => (
        <select {...control} defaultValue={props.value}>
          {props.choices.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
