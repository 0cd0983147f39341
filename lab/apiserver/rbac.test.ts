import { expect } from 'chai'
import { CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './kinds.ts'
import { MemoryStore } from './memory-store.ts'
import { type AccessQuestion, Authorizer, type PolicyRule } from './rbac.ts'
import { serviceAccountUser } from './tokens.ts'

const user = serviceAccountUser('ns', 'sa')

const question = (more: Partial<Extract<AccessQuestion, { isResource: true }>>): AccessQuestion => ({
  isResource: true,
  verb: 'get',
  group: '',
  plural: 'configmaps',
  subresource: '',
  namespace: 'ns',
  authorizedName: '',
  ...more,
})

/** Whether a service account is allowed a request if its role has only this rule. */
function isAllowed(
  rule: PolicyRule,
  asked: AccessQuestion,
  subject: object = {},
  clusterRole = false,
): boolean {
  const store = new MemoryStore()
  const kind = clusterRole ? CLUSTER_ROLES : ROLES
  const metadata = { name: 'role', namespace: 'ns' }
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  store.create(kind, { apiVersion, kind: kind.kind, metadata, rules: [rule] })
  store.create(ROLE_BINDINGS, {
    apiVersion,
    kind: 'RoleBinding',
    metadata,
    roleRef: { kind: kind.kind, name: 'role' },
    subjects: [{ kind: 'ServiceAccount', name: 'sa', ...subject }],
  })
  return new Authorizer(store).decide(user, asked).allowed
}

describe('role-based access control', () => {
  const rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }

  it('allows exactly the verb, the group and the resource', () => {
    expect(isAllowed(rule, question({}))).to.equal(true)
    expect(isAllowed(rule, question({ verb: 'list' }))).to.equal(false)
    expect(isAllowed(rule, question({ group: 'apps' }))).to.equal(false)
    expect(isAllowed(rule, question({ plural: 'secrets' }))).to.equal(false)
  })

  it('holds a role binding to its namespace, with a cluster role as well', () => {
    expect(isAllowed(rule, question({ namespace: 'other' }))).to.equal(false)
    expect(isAllowed(rule, question({ namespace: undefined }))).to.equal(false)
    expect(isAllowed(rule, question({}), {}, true)).to.equal(true)
    expect(isAllowed(rule, question({ namespace: undefined }), {}, true)).to.equal(false)
  })

  it('takes subresources for resources of their own', () => {
    const log = { ...rule, resources: ['pods/log'] }
    expect(isAllowed(log, question({ plural: 'pods', subresource: 'log' }))).to.equal(true)
    expect(isAllowed(log, question({ plural: 'pods' }))).to.equal(false)
    expect(
      isAllowed({ ...rule, resources: ['pods'] }, question({ plural: 'pods', subresource: 'log' })),
    ).to.equal(false)
    expect(
      isAllowed({ ...rule, resources: ['*/log'] }, question({ plural: 'pods', subresource: 'log' })),
    ).to.equal(true)
  })

  it('restricts to names, where it has any', () => {
    const named = { ...rule, resourceNames: ['cm'] }
    expect(isAllowed(named, question({ authorizedName: 'cm' }))).to.equal(true)
    expect(isAllowed(named, question({ authorizedName: 'other' }))).to.equal(false)
    expect(isAllowed(named, question({}))).to.equal(false)
  })

  it('looks a service account up in the subject’s namespace, else in the binding’s', () => {
    expect(isAllowed(rule, question({}), { namespace: 'ns' })).to.equal(true)
    expect(isAllowed(rule, question({}), { namespace: 'other' })).to.equal(false)
    expect(isAllowed(rule, question({}), { kind: 'User', name: user.name })).to.equal(true)
    expect(isAllowed(rule, question({}), { kind: 'Group', name: 'system:serviceaccounts:ns' })).to.equal(true)
  })
})
