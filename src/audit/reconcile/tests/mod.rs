//! Reconciliation on made journals and CloudTrail files.
