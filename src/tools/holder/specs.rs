//! The specifications of the tools that every holder of policies has, told once for all kinds.

/// The six tools on the policies of a kind of principal: `attach`, `detach`, `put`, `get`, `delete` and `list`.
macro_rules! policy_tools {
    ($word:literal, $holder:ident, $toolset:expr, $reads:expr) => {
        use serde_json::json;

        use $crate::tools::holder::attach::{Attach, Detach, POLICY};
        use $crate::tools::holder::inline::{self, DOCUMENT, Delete, Get, List, POLICY_NAME, Put};
        use $crate::tools::holder::$holder;
        use $crate::tools::{Effect, KeptOfResult, Spec, Tool, Work};

        #[doc = concat!("`attach_", $word, "_policy`")]
        pub const ATTACH: Tool = Tool { spec: &ATTACH_SPEC, work: Work::Write(&Attach(&$holder)) };
        static ATTACH_SPEC: Spec = Spec {
            name: concat!("attach_", $word, "_policy"),
            title: concat!("Attach a policy to a ", $word),
            description: concat!(
                "Attaches a managed policy to an IAM ",
                $word,
                ". The plan shows what it newly allows."
            ),
            toolset: $toolset,
            effect: Effect::Grant,
            idempotent: true,
            own_parameters: &[$holder.parameter, POLICY],
            output: || json!({}),
            reads: $reads,
            writes: &[$holder.attach.0],
            always: &[$holder.get, $holder.attach.0],
            ..Spec::WRITING
        };

        #[doc = concat!("`detach_", $word, "_policy`")]
        pub const DETACH: Tool = Tool { spec: &DETACH_SPEC, work: Work::Write(&Detach(&$holder)) };
        static DETACH_SPEC: Spec = Spec {
            name: concat!("detach_", $word, "_policy"),
            title: concat!("Detach a policy from a ", $word),
            description: concat!(
                "Detaches a managed policy from an IAM ",
                $word,
                "; the policy itself stays. The plan shows what can be done \
                 that it denied."
            ),
            toolset: $toolset,
            effect: Effect::Destructive,
            own_parameters: &[$holder.parameter, POLICY],
            output: || json!({}),
            kept: KeptOfResult::ALL_LOST,
            reads: $reads,
            writes: &[$holder.detach.0],
            always: &[$holder.get, $holder.detach.0],
            ..Spec::WRITING
        };

        #[doc = concat!("`put_", $word, "_policy`")]
        pub const PUT: Tool = Tool { spec: &PUT_SPEC, work: Work::Write(&Put(&$holder)) };
        static PUT_SPEC: Spec = Spec {
            name: concat!("put_", $word, "_policy"),
            title: concat!("Put an inline policy on a ", $word),
            description: concat!(
                "Writes an inline policy of an IAM ",
                $word,
                ", in the place of one of the same name. The plan shows what \
                 it newly allows and the document that it replaces."
            ),
            toolset: $toolset,
            effect: Effect::Grant,
            overwrites: true,
            idempotent: true,
            own_parameters: &[$holder.parameter, POLICY_NAME, DOCUMENT],
            output: || json!({}),
            kept: KeptOfResult::ALL_LOST,
            reads: $reads,
            writes: &[$holder.put.0],
            always: &[$holder.get, $holder.put.0],
            ..Spec::WRITING
        };

        #[doc = concat!("`get_", $word, "_policy`")]
        pub const GET_POLICY: Tool = Tool { spec: &GET_SPEC, work: Work::Read(&Get(&$holder)) };
        static GET_SPEC: Spec = Spec {
            name: concat!("get_", $word, "_policy"),
            title: concat!("Get an inline policy of a ", $word),
            description: concat!("Shows the document of an inline policy of an IAM ", $word, "."),
            toolset: $toolset,
            own_parameters: &[$holder.parameter, POLICY_NAME],
            output: inline::output,
            reads: &[$holder.get_inline],
            always: &[$holder.get_inline],
            ..Spec::READING
        };

        #[doc = concat!("`delete_", $word, "_policy`")]
        pub const DELETE_POLICY: Tool = Tool { spec: &DELETE_SPEC, work: Work::Write(&Delete(&$holder)) };
        static DELETE_SPEC: Spec = Spec {
            name: concat!("delete_", $word, "_policy"),
            title: concat!("Delete an inline policy of a ", $word),
            description: concat!(
                "Deletes an inline policy of an IAM ",
                $word,
                ". The plan shows its document, and what can be done that it \
                 denied."
            ),
            toolset: $toolset,
            effect: Effect::Destructive,
            own_parameters: &[$holder.parameter, POLICY_NAME],
            output: || json!({}),
            kept: KeptOfResult::ALL_LOST,
            reads: $reads,
            writes: &[$holder.delete.0],
            always: &[$holder.get, $holder.delete.0],
            ..Spec::WRITING
        };

        #[doc = concat!("`list_", $word, "_policies`")]
        pub const LIST_POLICIES: Tool = Tool { spec: &LIST_SPEC, work: Work::Read(&List(&$holder)) };
        static LIST_SPEC: Spec = Spec {
            name: concat!("list_", $word, "_policies"),
            title: concat!("List the policies of a ", $word),
            description: concat!(
                "Lists the policies of an IAM ",
                $word,
                ": the names of inline ones, and the managed ones attached to it."
            ),
            toolset: $toolset,
            own_parameters: &[$holder.parameter],
            output: inline::listed_output,
            reads: &[$holder.list_inline, $holder.list_attached],
            always: &[$holder.list_inline, $holder.list_attached],
            ..Spec::READING
        };
    };
}

/// The four tools on the tags and the boundary of a kind of principal.
macro_rules! bounded_tools {
    ($word:literal, $holder:ident, $bounded:ident, $toolset:expr, $reads:expr) => {
        use serde_json::json;

        use $crate::tools::holder::boundary::{self, BOUNDARY};
        use $crate::tools::holder::tags::{TAG_KEYS, TAGS, Tagging, Untagging};
        use $crate::tools::holder::{$bounded, $holder};
        use $crate::tools::{Effect, KeptOfResult, Spec, Tool, Work};

        #[doc = concat!("`tag_", $word, "`")]
        pub const TAG: Tool = Tool { spec: &TAG_SPEC, work: Work::Write(&Tagging(&$bounded)) };
        static TAG_SPEC: Spec = Spec {
            name: concat!("tag_", $word),
            title: concat!("Tag a ", $word),
            description: concat!("Sets tags of an IAM ", $word, ". The plan shows the values that are overwritten."),
            toolset: $toolset,
            overwrites: true,
            idempotent: true,
            own_parameters: &[$holder.parameter, TAGS],
            output: || json!({}),
            kept: KeptOfResult::ALL_LOST,
            reads: &[$holder.get],
            writes: &[$bounded.tag.0],
            always: &[$holder.get, $bounded.tag.0],
            ..Spec::WRITING
        };

        #[doc = concat!("`untag_", $word, "`")]
        pub const UNTAG: Tool = Tool { spec: &UNTAG_SPEC, work: Work::Write(&Untagging(&$bounded)) };
        static UNTAG_SPEC: Spec = Spec {
            name: concat!("untag_", $word),
            title: concat!("Remove tags of a ", $word),
            description: concat!("Removes tags of an IAM ", $word, ". The plan shows the tags that go."),
            toolset: $toolset,
            overwrites: true,
            idempotent: true,
            own_parameters: &[$holder.parameter, TAG_KEYS],
            output: || json!({}),
            kept: KeptOfResult::ALL_LOST,
            reads: &[$holder.get],
            writes: &[$bounded.untag.0],
            always: &[$holder.get, $bounded.untag.0],
            ..Spec::WRITING
        };

        #[doc = concat!("`put_", $word, "_permissions_boundary`")]
        pub const PUT_BOUNDARY: Tool = Tool { spec: &PUT_BOUNDARY_SPEC, work: Work::Write(&boundary::Put(&$bounded)) };
        static PUT_BOUNDARY_SPEC: Spec = Spec {
            name: concat!("put_", $word, "_permissions_boundary"),
            title: concat!("Set the permissions boundary of a ", $word),
            description: concat!(
                "Sets the permissions boundary of an IAM ",
                $word,
                ". The plan shows what it could newly do and the \
                 boundary that is replaced."
            ),
            toolset: $toolset,
            effect: Effect::Grant,
            overwrites: true,
            idempotent: true,
            own_parameters: &[$holder.parameter, BOUNDARY],
            output: || json!({}),
            kept: KeptOfResult::ALL_LOST,
            reads: $reads,
            writes: &[$bounded.put_boundary.0],
            always: &[$holder.get, $bounded.put_boundary.0],
            ..Spec::WRITING
        };

        #[doc = concat!("`delete_", $word, "_permissions_boundary`")]
        pub const DELETE_BOUNDARY: Tool =
            Tool { spec: &DELETE_BOUNDARY_SPEC, work: Work::Write(&boundary::Delete(&$bounded)) };
        static DELETE_BOUNDARY_SPEC: Spec = Spec {
            name: concat!("delete_", $word, "_permissions_boundary"),
            title: concat!("Remove the permissions boundary of a ", $word),
            description: concat!(
                "Removes the permissions boundary of an IAM ",
                $word,
                ". The plan shows what it could newly do."
            ),
            toolset: $toolset,
            effect: Effect::Grant,
            overwrites: true,
            own_parameters: &[$holder.parameter],
            output: || json!({}),
            kept: KeptOfResult::ALL_LOST,
            reads: $reads,
            writes: &[$bounded.delete_boundary.0],
            always: &[$holder.get, $bounded.delete_boundary.0],
            ..Spec::WRITING
        };
    };
}

pub(in crate::tools) use {bounded_tools, policy_tools};
