create database referral;
create database activities;
create database coordinator;
