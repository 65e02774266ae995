//! `/loyalty/{sourceId}/…`: what can a provider pull from the platform?

mod benefit_usages;
