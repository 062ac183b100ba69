//! `ops` against real private servers (`TEST_DATABASE_URL`, `TEST_REDIS_URL`, `TEST_AWS_ENDPOINT`,
//! started by `./test.sh`) and the simulators.

mod aws;
mod doctor;
mod live_exotel;
mod live_models;
mod live_sarvam;
mod program;
mod support;
