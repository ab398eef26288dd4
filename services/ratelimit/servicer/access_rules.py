"""The access rules' RPCs."""

import uuid_utils
from google.protobuf.empty_pb2 import Empty

from mesh.ratelimit.v1 import access_rule_pb2, access_rule_service_pb2
from mesh.ratelimit.v1.access_rule_service_servicer import AccessRuleServiceServicer
from services._platform import masks
from services._platform.call import Call
from services._platform.paging import Pager
from services.ratelimit.convert import access_rules as convert
from services.ratelimit.convert import names
from services.ratelimit.domain.access import AccessRule
from services.ratelimit.store import access_rules as store


class AccessRules(AccessRuleServiceServicer[Call]):
    """`mesh.ratelimit.v1.AccessRuleService`."""

    def __init__(self, rules: store.AccessRules, pager: Pager) -> None:
        self._rules = rules
        self._pager = pager

    async def CreateAccessRule(
        self, request: access_rule_service_pb2.CreateAccessRuleRequest, call: Call, /
    ) -> access_rule_pb2.AccessRule:
        rule = convert.to_access_rule(request.access_rule_id or str(uuid_utils.uuid7()), request.access_rule)
        return await self._rules.create(rule, call.once(access_rule_pb2.AccessRule, convert.access_rule))

    async def GetAccessRule(
        self, request: access_rule_service_pb2.GetAccessRuleRequest, call: Call, /
    ) -> access_rule_pb2.AccessRule:
        return convert.access_rule(await self._rules.get(names.ACCESS_RULE.id(request.name)))

    async def ListAccessRules(
        self, request: access_rule_service_pb2.ListAccessRulesRequest, call: Call, /
    ) -> access_rule_service_pb2.ListAccessRulesResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._rules.page(page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda rule: (rule.id,))
        return access_rule_service_pb2.ListAccessRulesResponse(
            access_rules=map(convert.access_rule, shown), next_page_token=token
        )

    async def UpdateAccessRule(
        self, request: access_rule_service_pb2.UpdateAccessRuleRequest, call: Call, /
    ) -> access_rule_pb2.AccessRule:
        def change(before: AccessRule) -> AccessRule:
            after = masks.changed(convert.access_rule(before), request.access_rule, request.update_mask, "access_rule")
            return convert.to_access_rule(before.id, after, before.penalty_limit)

        once = call.once(access_rule_pb2.AccessRule, convert.access_rule)
        return await self._rules.change(names.ACCESS_RULE.id(request.access_rule.name), change, once)

    async def DeleteAccessRule(self, request: access_rule_service_pb2.DeleteAccessRuleRequest, call: Call, /) -> Empty:
        once = call.once(Empty, lambda empty: empty)
        return await self._rules.delete(names.ACCESS_RULE.id(request.name), request.etag, once)
