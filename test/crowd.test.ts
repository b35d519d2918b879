import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crowd } from '../src/crowd.ts';

type Member = { readonly name: number };

describe('a crowd', () => {
  it('holds, of all that come and go, those that are there', () => {
    const steps = fc.array(fc.oneof(fc.constant('come' as const), fc.nat({ max: 40 })), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (all) => {
        const crowd = new Crowd<Member>();
        const came: { readonly member: Member; readonly place: number }[] = [];
        const there = new Set<Member>();
        for (const step of all) {
          if (step === 'come') {
            const member = { name: came.length };
            came.push({ member, place: crowd.add(member) });
            there.add(member);
          } else {
            const leaving = came[step];
            if (leaving) expect(crowd.remove(leaving.member, leaving.place)).toBe(there.delete(leaving.member));
          }
          expect(crowd.size).toBe(there.size);
        }
        expect(new Set(crowd)).toEqual(there);
      }),
    );
  });

  it('takes no more room than most of its members needed at once', () => {
    const crowd = new Crowd<Member>();
    const places = Array.from({ length: 1_000 }, (_, name) => {
      const members = [{ name }, { name }];
      const taken = members.map((member) => crowd.add(member));
      for (const [index, member] of members.entries()) crowd.remove(member, taken[index] ?? -1);
      return taken;
    });
    expect(Math.max(...places.flat())).toBe(1);
  });
});
